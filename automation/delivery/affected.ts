/** Which stacks and images a change touches: a table and the paths that changed, nothing else. */
import type { ProgramName } from "../../programs/config.ts";
import { repairedBy } from "./drift/repair.ts";
import { everything, sources, type Touched } from "./sources.ts";

export interface Affected {
  /** Stacks with a file in the checkout, by name. */
  readonly stacks: readonly string[];
  /** Folders of `images/`. */
  readonly images: readonly string[];
  /** Stacks whose file the change takes away: nothing plans them, and what they made stays. */
  readonly removed: readonly string[];
  /** Paths that no entry of the table fits: they count as touching everything. */
  readonly unknown: readonly string[];
}

/** What a checkout has. */
export interface Checkout {
  readonly stacks: Readonly<Record<string, ProgramName>>;
  /** Folders of `images/` that are built. */
  readonly images: readonly string[];
}

export function affected(paths: readonly string[], checkout: Checkout): Affected {
  const unique = [...new Set(paths)].sort();
  const own = unique.map(stackOfFile);
  const touches = unique.map((path, i) => (own[i] === undefined ? touchedBy(path) : undefined));
  const named = new Set(own.filter((stack) => stack !== undefined));
  const programs = new Set(touches.flatMap((touched) => (touched ?? { programs: [] }).programs));
  const images = touches.flatMap((touched, i) => imagesOf(unique[i] ?? "", touched, checkout.images));
  return {
    stacks: Object.entries(checkout.stacks)
      .flatMap(([stack, program]) => (named.has(stack) || programs.has(program) ? [stack] : []))
      .sort(),
    images: [...new Set(images)].sort(),
    removed: [...named].filter((stack) => !(stack in checkout.stacks)).sort(),
    unknown: unique.filter((path, i) => own[i] === undefined && entryOf(path) === undefined),
  };
}

/** `Pulumi.production.yaml`, and what a repair of its drift writes → `production`. */
export function stackOfFile(path: string): string | undefined {
  return repairedBy(path) ?? /^Pulumi\.([a-z][a-z0-9-]*)\.yaml$/.exec(path)?.[1];
}

export function touchedBy(path: string): Touched {
  const entry = entryOf(path);
  return (entry === undefined ? undefined : sources[entry]) ?? everything;
}

function entryOf(path: string): string | undefined {
  const fits = Object.keys(sources).filter((key) => (/[/.]$/.test(key) ? path.startsWith(key) : path === key));
  return fits.sort((a, b) => b.length - a.length)[0];
}

/** An image's own folder is its own; the base is in every image, and so is what builds them. */
function imagesOf(path: string, touched: Touched | undefined, images: readonly string[]): readonly string[] {
  if (touched === undefined) return [];
  const [top, folder = "", ...below] = path.split("/");
  if (top === "images" && below.length > 0 && folder !== "base" && images.includes(folder)) return [folder];
  return touched.images === "all" ? images : touched.images.filter((image) => images.includes(image));
}
