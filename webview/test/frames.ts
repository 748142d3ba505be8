/** Frame times of the page while it pans and zooms, script and paint together. */
import type { Page } from 'playwright-core';

export interface FrameTimes {
  readonly frames: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/**
 * Pans and zooms for `count` frames and measures each: the page's own script, then a read of one pixel, which
 * ends only when all is painted.
 */
export async function frameTimes(page: Page, count: number): Promise<FrameTimes> {
  const ms = await page.evaluate(async (frames) => {
    const canvas = document.querySelector<HTMLCanvasElement>('canvas.main')!;
    const context = canvas.getContext('2d')!;
    const script = (window as unknown as { readonly shimtraceFrames: number[] }).shimtraceFrames;
    const box = canvas.getBoundingClientRect();
    const at = {
      clientX: box.left + box.width * 0.6,
      clientY: box.top + box.height / 2,
      bubbles: true,
      cancelable: true,
    };
    const out: number[] = [];
    for (let i = 0; i < frames; i++) {
      const zooming = i % 40 < 20;
      const direction = i % 80 < 40 ? -1 : 1;
      canvas.dispatchEvent(
        new WheelEvent(
          'wheel',
          zooming ? { ...at, deltaY: direction * 20 } : { ...at, deltaX: direction * 25 },
        ),
      );
      script.length = 0;
      await new Promise((done) => requestAnimationFrame(done));
      const start = performance.now();
      context.getImageData(0, 0, 1, 1);
      out.push(script.reduce((sum, x) => sum + x, 0) + performance.now() - start);
    }
    return out;
  }, count);
  const sorted = ms.sort((a, b) => a - b);
  const share = (s: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * s))]!;
  return {
    frames: sorted.length,
    medianMs: share(0.5),
    p95Ms: share(0.95),
    maxMs: sorted[sorted.length - 1]!,
  };
}
