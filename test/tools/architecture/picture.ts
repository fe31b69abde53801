/** The rooms of the code and who uses whom, as a Mermaid flowchart. */
import { cruise, root } from "./boundaries.ts";

/** What is drawn: what runs, and what it runs in. */
const folders = ["programs", "policies", "iam", "automation", "images", "sandbox"] as const;

/** Files that lie in `automation` itself, the command line among them. */
const entrance = "automation";

/** The folder of the driver that holds rooms of its own. */
const divided = "automation/deploy";

/** Which room a file is in: its top folder, of the driver the folder in it, of its deploys the folder in that. */
export function roomOf(file: string): string {
  const [top = "", ...below] = file.split("/");
  if (file.startsWith(`${divided}/`)) return [top, ...below.slice(0, 2)].join("/");
  return top === entrance && below.length > 1 ? `${top}/${below[0]}` : top;
}

/** Pairs of rooms of which the first imports from the second, in order. */
export function uses(
  imports: readonly (readonly [from: string, to: string])[],
): readonly (readonly [string, string])[] {
  const pairs = new Map<string, readonly [string, string]>();
  for (const [from, to] of imports) {
    const pair = [roomOf(from), roomOf(to)] as const;
    if (pair[0] !== pair[1]) pairs.set(pair.join(" "), pair);
  }
  return [...pairs.keys()].sort().map((key) => pairs.get(key) ?? ["", ""]);
}

export function flowchart(pairs: readonly (readonly [string, string])[]): string {
  const rooms = [...new Set(pairs.flat())].sort();
  const inside = rooms.filter((room) => room.startsWith(`${entrance}/`) || room === entrance);
  const id = (room: string) => room.replaceAll(/\W/g, "_");
  const node = (room: string) => `${id(room)}["${room === entrance ? "automation/*.ts" : room}"]`;
  return [
    "```mermaid",
    "flowchart TD",
    "  subgraph driver",
    ...inside.map((room) => `    ${node(room)}`),
    "  end",
    ...rooms.filter((room) => !inside.includes(room)).map((room) => `  ${node(room)}`),
    ...pairs.map(([from, to]) => `  ${id(from)} --> ${id(to)}`),
    "```",
  ].join("\n");
}

/** The picture of this project's code as it is now. */
export function draw(): string {
  const { modules } = cruise(root, folders);
  const isDrawn = (file: string) => folders.some((folder) => file.startsWith(`${folder}/`));
  const imports = modules
    .filter(({ source }) => isDrawn(source))
    .flatMap(({ source, dependencies }) =>
      dependencies.filter(({ resolved }) => isDrawn(resolved)).map(({ resolved }) => [source, resolved] as const),
    );
  return flowchart(uses(imports));
}
