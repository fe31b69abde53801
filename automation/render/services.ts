import { type Colour, colours } from "../../programs/release.ts";
import type { Figures, Observed, ObservedColour } from "../deploy/decide/model.ts";
import type { Progress } from "../deploy/decide/progress.ts";
import type { Paint } from "./paint.ts";

const barCells = 20;
/** Longer versions, such as commits, are cut. */
const versionCells = 16;
/** On a terminal narrower than this the bars are half as long, so that no line is broken. */
const fewestColumns = 96;

/** A line for each colour of each service: its share of the traffic, how its tasks are, what it runs and how that answers. */
export function serviceLines(
  { observed, progress }: { readonly observed?: Observed; readonly progress?: Progress },
  columns: number,
  room: number,
  paint: Paint,
): string[] {
  if (!observed) return [];
  const names = Object.keys(observed.services);
  const fits = names.length * colours.length <= room;
  const shown = fits ? names : foremost(names, observed, progress).slice(0, Math.floor((room - 1) / colours.length));
  const rows = shown.flatMap((name) => colours.map((colour, i) => cellsOf(name, colour, i === 0, observed, progress)));
  const width = (cell: "label" | "version" | "role") => Math.max(0, ...rows.map((row) => row[cell].length));
  const widths = { label: width("label"), version: width("version"), role: width("role") };
  const cells = columns < fewestColumns ? barCells / 2 : barCells;
  const lines = rows.map((row) => lineOf(row, widths, cells, paint));
  const more = names.length - shown.length;
  return more === 0 ? lines : [...lines, paint("dim", `  … ${more} more services`)];
}

/** Where there is no room for all: those under shift first, then those that will move. */
function foremost(names: readonly string[], observed: Observed, progress: Progress | undefined): readonly string[] {
  const rank = (name: string) => {
    const share = observed.services[name]?.weights.blue ?? 0;
    if (progress?.shift?.services.includes(name) || (share > 0 && share < 100)) return 0;
    return progress?.plan?.[name] ? 1 : 2;
  };
  return [...names].sort((a, b) => rank(a) - rank(b));
}

interface Cells {
  readonly label: string;
  readonly colour: Colour;
  readonly share: number;
  readonly health: string;
  readonly version: string;
  readonly role: string;
  readonly answers: string;
  /** True when the tasks are fewer than they should be, or answer with errors. */
  readonly bad: boolean;
}

function cellsOf(name: string, colour: Colour, first: boolean, observed: Observed, progress?: Progress): Cells {
  const service = observed.services[name];
  const seen = service?.[colour];
  const { version, role } = labels(name, colour, observed, progress);
  const watched = role === "next" && !progress?.recorded && progress?.undo === undefined;
  const figures = observed.traffic?.[name]?.[colour];
  return {
    ...{ label: first ? name : "", colour, share: service?.weights[colour] ?? 0, role },
    version: version.length > versionCells ? `${version.slice(0, versionCells - 1)}…` : version,
    health: seen ? healthOf(seen, watched) : "",
    answers: figures ? answersOf(figures) : "",
    bad: figures !== undefined && figures.errors > 0,
  };
}

function lineOf(
  { label, colour, share, health, version, role, answers, bad }: Cells,
  widths: { readonly label: number; readonly version: number; readonly role: number },
  cells: number,
  paint: Paint,
): string {
  const filled = "█".repeat(Math.round((share / 100) * cells)).padEnd(cells, "░");
  const bar = paint(colour === "blue" ? "blue" : "green", filled);
  const percent = `${Math.round(share)}%`.padStart(4);
  const tail = answers === "" ? role : role.padEnd(widths.role);
  const said = answers === "" ? "" : `  ${paint(bad ? "yellow" : "dim", answers)}`;
  const what = tail === "" && said === "" ? version : version.padEnd(widths.version);
  return `  ${label.padEnd(widths.label)}  ${colour.padEnd(5)}  ${bar} ${percent}  ${health}  ${what}  ${paint("dim", tail)}${said}`.trimEnd();
}

/** What the load balancer counted since the shift began. */
function answersOf({ requests, errors, latencyMs }: Figures): string {
  if (requests === 0) return "no requests";
  const share = (errors / requests) * 100;
  const rate = errors > 0 && share < 0.1 ? "<0.1" : share.toFixed(1);
  return `${rate}% 5xx of ${requests}${latencyMs === undefined ? "" : `, ${Math.round(latencyMs)} ms`}`;
}

/** Targets' health is read for the colour under way only; of the other, ECS's count is. */
function healthOf(colour: ObservedColour, watched: boolean): string {
  if (colour.desired === 0 && colour.running === 0) return "stopped".padEnd(12);
  return `${watched ? colour.healthy : colour.running}/${colour.desired} ${watched ? "healthy" : "running"}`.padEnd(12);
}

function labels(
  name: string,
  colour: Colour,
  { release, services }: Observed,
  progress: Progress | undefined,
): { version: string; role: string } {
  const held = release.services[name];
  const plan = progress?.plan?.[name];
  const runs = services[name]?.[colour].taskDefinitionArn;
  const isNext = plan?.to === colour && runs === plan.target.taskDefinitionArn;
  const version = isNext ? plan.target.version : (held?.[colour]?.version ?? "-");
  if (held?.live === colour) return { version, role: "live" };
  return { version, role: plan?.to === colour ? "next" : "" };
}
