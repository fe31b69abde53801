import type { EventBody } from "./events.ts";
import { isDefaultProvider, nameOf, stackType, typeOf } from "./urn.ts";
import { mask, type Properties, unknownValue } from "./values.ts";

/** Signs of the operations in the order the summary lists them, as the official `--non-interactive` output has them. */
const signs: Record<string, string> = {
  create: "+ ",
  update: "~ ",
  replace: "+-",
  "create-replacement": "++",
  "delete-replaced": "--",
  delete: "- ",
  read: "> ",
  "read-replacement": ">>",
  refresh: "~ ",
  discard: "< ",
  "discard-replaced": "<<",
  import: "= ",
  "import-replacement": "=>",
  same: "  ",
};

const doing: Record<string, [string, string]> = {
  create: ["creating", "created"],
  update: ["updating", "updated"],
  replace: ["replacing", "replaced"],
  "create-replacement": ["creating replacement", "created replacement"],
  "delete-replaced": ["deleting original", "deleted original"],
  delete: ["deleting", "deleted"],
  read: ["reading", "read"],
  "read-replacement": ["reading for replacement", "read for replacement"],
  refresh: ["refreshing", "refreshed"],
  discard: ["discarding", "discarded"],
  "discard-replaced": ["discarding original", "discarded original"],
  import: ["importing", "imported"],
  "import-replacement": ["importing replacement", "imported replacement"],
};

const past: Record<string, string> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  read: "read",
  discard: "discarded",
  import: "imported",
};

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly diffs?: readonly string[];
}

/** Turns engine events into plain lines. */
export class Display {
  private readonly preview: boolean;
  private readonly print: (line: string) => void;
  private readonly diagnostics = new Map<string, string[]>();
  private readonly policyLines: string[] = [];
  private readonly started = new Map<string, number>();

  constructor(options: { title: string; preview: boolean; print: (line: string) => void }) {
    this.preview = options.preview;
    this.print = options.print;
    this.print(`${options.title}:\n`);
  }

  show(event: EventBody): void {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent } = event;
    if (resourcePreEvent) this.before(resourcePreEvent.metadata);
    if (resOutputsEvent) this.after(resOutputsEvent.metadata, "");
    if (resOpFailedEvent) this.after(resOpFailedEvent.metadata, "**failed**");
    if (diagnosticEvent) {
      const urn = diagnosticEvent.urn ?? "";
      const text = `${diagnosticEvent.prefix ?? ""}${diagnosticEvent.message}`.trimEnd().replaceAll("\n", "\n    ");
      this.diagnostics.set(urn, [...(this.diagnostics.get(urn) ?? []), `    ${text}`]);
      if (diagnosticEvent.severity !== "info#err") this.print(` ${subject(urn)} ${text}`);
    }
    if (policyEvent) {
      const { enforcementLevel, policyPackName, policyPackVersion, policyName, resourceUrn, message } = policyEvent;
      const pack = `${policyPackName}@v${policyPackVersion}`;
      const where = resourceUrn ? `(${typeOf(resourceUrn)}: ${nameOf(resourceUrn)})` : "";
      this.policyLines.push(`    [${enforcementLevel}]  ${pack}  ${policyName}  ${where}`);
      this.policyLines.push(`    ${message.trimEnd().replaceAll("\n", "\n    ")}`);
    }
  }

  private before({ op, urn, diffs }: Metadata): void {
    if (op === "same" || op === "replace" || isDefaultProvider(urn)) return;
    this.started.set(`${op} ${urn}`, performance.now());
    const words = this.preview ? `${op}${changed(diffs)}` : (doing[op]?.[0] ?? op);
    this.print(` ${signs[op] ?? "  "} ${subject(urn)} ${words}`);
  }

  private after({ op, urn, diffs }: Metadata, failed: string): void {
    if (isDefaultProvider(urn)) return;
    // What a refresh finds is known only when it ends, in a preview too.
    const refresh = this.started.get(`refresh ${urn}`);
    this.started.delete(`refresh ${urn}`);
    if (refresh === undefined && (this.preview || op === "same" || op === "replace")) return;
    const did = op === "same" ? "refresh" : op;
    const found = refresh === undefined ? "" : changed(diffs);
    if (this.preview && found === "" && did === "refresh") return;
    const start = refresh ?? this.started.get(`${op} ${urn}`);
    const took = start === undefined || this.preview ? "" : ` (${((performance.now() - start) / 1000).toFixed(2)}s)`;
    const done = this.preview ? did : (doing[did]?.[1] ?? did);
    const words = failed === "" ? done : `**${doing[did]?.[0] ?? did} failed**`;
    this.print(` ${signs[did] ?? "  "} ${subject(urn)} ${words}${took}${found}`);
  }

  end(outputs: Properties | undefined, changes: Record<string, number>, seconds: number): void {
    if (this.diagnostics.size > 0) {
      this.print("\nDiagnostics:");
      for (const [urn, lines] of this.diagnostics) this.print(`  ${subject(urn)}:\n${lines.join("\n")}\n`);
    }
    if (this.policyLines.length > 0) this.print(`\nPolicy Violations:\n${this.policyLines.join("\n")}`);
    const shown = Object.entries(outputs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    if (shown.length > 0) {
      this.print("\nOutputs:");
      const width = Math.max(...shown.map(([key]) => key.length));
      for (const [key, value] of shown) {
        const text = JSON.stringify(mask(value), undefined, 2).replaceAll("\n", "\n    ");
        const shown = text.replaceAll('"[secret]"', "[secret]").replaceAll(`"${unknownValue}"`, "[unknown]");
        this.print(`    ${key.padEnd(width)}: ${shown}`);
      }
    }
    this.print(`\nResources:\n${summaryLines(changes, this.preview).join("\n")}`);
    this.print(this.preview ? "" : `\nDuration: ${Math.max(1, Math.round(seconds))}s`);
  }
}

function changed(diffs: readonly string[] | undefined): string {
  return diffs?.length ? ` [diff: ${diffs.map((key) => `~${key}`).join(",")}]` : "";
}

function summaryLines(changes: Record<string, number>, preview: boolean): string[] {
  const { same = 0, ...others } = changes;
  const lines = Object.keys(signs)
    .filter((op) => others[op])
    .map((op) => `    ${(signs[op] ?? "").trim()} ${others[op]} ${preview ? `to ${op}` : (past[op] ?? op)}`);
  const total = Object.values(others).reduce((sum, count) => sum + count, 0);
  if (total > 0 && Object.keys(others).length > 1)
    lines.push(`    ${total} changes.${same > 0 ? ` ${same} unchanged` : ""}`);
  else if (same > 0 || total === 0) lines.push(`    ${same} unchanged`);
  return lines;
}

function subject(urn: string): string {
  if (urn === "") return "engine";
  const type = typeOf(urn);
  return `${type === "" ? stackType : type} ${nameOf(urn)}`;
}
