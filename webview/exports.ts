/** The picture and the view, taken elsewhere: a link, a PNG, an SVG. */
import type { Host } from './host.js';
import type { Canvas } from './paint/canvas.js';
import { toSvg } from './paint/svg.js';
import { writeView } from './state.js';
import type { Store } from './store.js';

export class Exports {
  constructor(
    private readonly store: Store,
    private readonly host: Host,
    private readonly canvas: Canvas,
    /** Brings the picture up to the view. */
    private readonly paintNow: () => void,
  ) {}

  /** Exports as `link`, `png` or `svg`. Resolves to what there is to say about it, '' for nothing. */
  async exportAs(kind: string): Promise<string> {
    if (kind === 'link') {
      await this.host.request('copyLink', { view: writeView(this.store.view) });
      return 'Link copied';
    }
    const name = `${this.traceName}.${kind}`;
    const bytes = kind === 'svg' ? this.svgBytes() : await this.pngBytes();
    const { saved } = await this.host.request('save', { name, bytes });
    return saved ? `${name} saved` : '';
  }

  private get traceName(): string {
    return this.store.opening?.trace ?? 'timeline';
  }

  private svgBytes(): Uint8Array {
    this.paintNow();
    const { picture } = this.store;
    if (!picture) throw new Error('there is no picture yet');
    const { bands, bandColumns, currentTheme } = this.canvas;
    const svg = toSvg(picture, bands, bandColumns, this.store.frame(), currentTheme, this.traceName);
    return new TextEncoder().encode(svg);
  }

  private async pngBytes(): Promise<Uint8Array> {
    const blob = await new Promise<Blob | null>((done) => this.canvas.element.toBlob(done, 'image/png'));
    return new Uint8Array(blob ? await blob.arrayBuffer() : new ArrayBuffer(0));
  }
}
