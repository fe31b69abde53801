/** What an operation of the engine says went wrong: which resource, and why. */
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { nameOf, typeOf } from "./changes.ts";

/** Words by which an engine says only that it failed. */
const empty = /^(?:error: )?(?:update|preview|destroy|refresh|operation) (?:failed|canceled)$/i;

export class Troubles {
  readonly #said: string[] = [];
  readonly #failed: string[] = [];

  add(event: EngineEvent): void {
    const { diagnosticEvent, resOpFailedEvent } = event;
    if (diagnosticEvent?.severity === "error") {
      const text = plain(diagnosticEvent.message);
      if (text !== "" && !empty.test(text)) this.#said.push(`${subject(diagnosticEvent.urn)}${text}`);
    }
    const failed = resOpFailedEvent?.metadata;
    if (failed) this.#failed.push(`${subject(failed.urn)}its ${failed.op} failed, and the engine does not say why`);
  }

  /** The first that says why stands first. */
  get said(): readonly string[] {
    return [...this.#said, ...this.#failed];
  }
}

/** `aws:kms/key:Key production: `; nothing for the stack itself. */
function subject(urn: string | undefined): string {
  if (!urn || typeOf(urn) === "pulumi:pulumi:Stack") return "";
  return `${typeOf(urn)} ${nameOf(urn)}: `;
}

/** Without the marks of lists and colours that providers and engines put around it. */
function plain(message: string): string {
  return message
    .replace(/<\{%[^%]*%\}>/g, "")
    .replace(/\d+ errors? occurred:\s*\*\s*/g, "")
    .trim();
}

export function saysNothing(text: string): boolean {
  return empty.test(text.trim());
}
