import { styleText } from "node:util";
import type { RunEvent } from "../deploy/conduct/loop.ts";
import type { Paint } from "./paint.ts";
import { type Output, runReporter } from "./reporter.ts";
import { emptyView, frame, see, spinnerMs } from "./view.ts";

/** What redraws a few lines in place; `log-update` on a terminal. */
export interface Draw {
  (text: string): void;
  /** Leaves the lines where they are. */
  done(): void;
}

/** Redraws the view in place while an operation runs. */
export class LiveView {
  readonly #draw: Draw;
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => number;
  #view = emptyView;
  #timer: NodeJS.Timeout | undefined;

  constructor(draw: Draw, stream: NodeJS.WriteStream, now: () => number = Date.now) {
    this.#draw = draw;
    this.#stream = stream;
    this.#now = now;
  }

  report(event: RunEvent): void {
    this.#view = see(this.#view, event, this.#now());
    this.#timer ??= setInterval(() => this.#redraw(), spinnerMs).unref();
    this.#redraw();
  }

  /** Leaves what was shown where it is; later events begin anew below it. */
  settle(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#redraw(true);
    this.#draw.done();
    this.#view = emptyView;
  }

  #redraw(final = false): void {
    const paint: Paint = (style, text) => styleText(style, text, { stream: this.#stream });
    const { columns = 80, rows = 24 } = this.#stream;
    this.#draw(frame(this.#view, { now: this.#now(), columns, rows, paint, final }));
  }
}

/** How a run is shown: live on a terminal, in plain lines elsewhere and in CI. */
export async function runView(out: Output): Promise<(event: RunEvent) => void> {
  if (!isLive(out.json, process.stdout, process.env)) return runReporter(out);
  const { createLogUpdate } = await import("log-update");
  const view = new LiveView(createLogUpdate(process.stdout), process.stdout);
  out.beforeLine(() => view.settle());
  return (event) => view.report(event);
}

/** Rows below which redrawing would hide more than it shows. */
const fewestRows = 10;

export function isLive(
  json: boolean,
  stream: { readonly isTTY?: boolean; readonly rows?: number },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return (
    !json &&
    stream.isTTY === true &&
    (stream.rows ?? 0) >= fewestRows &&
    env["CI"] === undefined &&
    env["TERM"] !== "dumb"
  );
}
