/** Traffic, errors and latency of both colours over the last minutes. */
import { type Colour, colours } from "../../../programs/release.ts";
import type { Points } from "../../deploy/observe/figures.ts";

export interface Series {
  /** One value for each period; null where nothing was counted. */
  readonly requests: readonly (number | null)[];
  readonly errors: readonly (number | null)[];
  /** Milliseconds. */
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export interface FiguresView {
  /** When each period began, in milliseconds since the epoch, oldest first. */
  readonly times: readonly number[];
  readonly periodMs: number;
  readonly services: Readonly<Record<string, Readonly<Record<Colour, Series>>>>;
}

/**
 * @param points By `<service>/<colour>/<metric>`; latency in seconds, as CloudWatch has it.
 * @param window Both ends in milliseconds since the epoch.
 */
export function figuresView(
  names: readonly string[],
  points: ReadonlyMap<string, Points>,
  window: { readonly from: number; readonly to: number; readonly periodMs: number },
): FiguresView {
  const { from, to, periodMs } = window;
  const count = Math.max(0, Math.round((to - from) / periodMs));
  const times = Array.from({ length: count }, (_, index) => from + index * periodMs);
  const series = (service: string, colour: Colour): Series => {
    const values = (metric: string, scale = 1) => {
      const known = points.get(`${service}/${colour}/${metric}`);
      return times.map((at) => {
        const value = known?.get(at);
        return value === undefined ? null : Math.round(value * scale * 10) / 10;
      });
    };
    return {
      requests: values("requests"),
      errors: values("errors"),
      p50: values("p50", 1000),
      p99: values("p99", 1000),
    };
  };
  const both = (name: string) => Object.fromEntries(colours.map((colour) => [colour, series(name, colour)]));
  return {
    times,
    periodMs,
    services: Object.fromEntries(names.map((name) => [name, both(name) as Record<Colour, Series>])),
  };
}
