import { messageOf } from "../../base/src/environment.ts";
import { traceHeaders } from "../../base/src/trace.ts";
import type { Note } from "./page.ts";

const deadlineMs = 10_000;

interface Added {
  readonly status: number;
  /** Empty when there is none. */
  readonly problem: string;
  /** The header of that name, when the api asks for another try. */
  readonly retryAfter?: string;
}

/** The api as the load balancer serves it. */
export class ApiClient {
  private readonly notesUrl: URL;

  /** @param url Where the load balancer is reached, such as `http://notes.example.com`. */
  constructor(url: string) {
    this.notesUrl = new URL("/api/notes", url);
  }

  /** Reading twice is harmless: a broken connection gets a second attempt. */
  async listNotes(): Promise<{ notes: Note[]; version: string }> {
    const response = await this.get().catch(() => this.get());
    if (!response.ok) throw new Error(`GET ${this.notesUrl} answered ${response.status}`);
    const body = (await response.json()) as { notes: Note[] };
    return { notes: body.notes, version: response.headers.get("x-version") ?? "unknown" };
  }

  async addNote(fields: Record<string, unknown>): Promise<Added> {
    const response = await fetch(this.notesUrl, {
      method: "POST",
      headers: { "content-type": "application/json", ...traceHeaders() },
      body: JSON.stringify(fields),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const body = (await response.json().catch((error) => ({ error: messageOf(error) }))) as { error?: string };
    const retryAfter = response.headers.get("retry-after") ?? undefined;
    return { status: response.status, problem: body.error ?? "", ...(retryAfter && { retryAfter }) };
  }

  private get(): Promise<Response> {
    return fetch(this.notesUrl, { headers: traceHeaders(), signal: AbortSignal.timeout(deadlineMs) });
  }
}
