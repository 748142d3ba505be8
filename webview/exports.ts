/** The picture and the view, taken elsewhere: a link, a PNG, an SVG. */
import type { App } from './app.js';
import { writeView } from './state.js';
import { toSvg } from './paint/svg.js';

export class Exports {
  constructor(private readonly app: App) {}

  async exportAs(kind: string): Promise<void> {
    if (kind === 'link') {
      await this.app.endpoint.request('copyLink', { view: writeView(this.app.view) });
      this.app.announcer.say('Link copied');
      return;
    }
    const name = `${this.app.opening?.trace ?? 'timeline'}.${kind}`;
    const bytes = kind === 'svg' ? this.svgBytes() : await this.pngBytes();
    const { saved } = await this.app.endpoint.request('save', { name, bytes });
    if (saved) this.app.announcer.say(`${name} saved`);
  }

  private svgBytes(): Uint8Array {
    this.app.paintNow();
    const svg = toSvg(
      this.app.picture!,
      this.app.canvas.bands,
      this.app.canvas.bandColumns,
      this.app.frame(),
      this.app.canvas.currentTheme,
      this.app.opening?.trace ?? 'timeline',
    );
    return new TextEncoder().encode(svg);
  }

  private async pngBytes(): Promise<Uint8Array> {
    const blob = await new Promise<Blob | null>((done) => this.app.canvas.element.toBlob(done, 'image/png'));
    return new Uint8Array(blob ? await blob.arrayBuffer() : new ArrayBuffer(0));
  }
}
