/** What is said of a preview environment on its pull request. */
import { code } from "../audit/markdown.ts";
import type { PreviewRecord } from "./record.ts";

/** What its comments are marked as: where it answers, and, by itself so that people hear of it, when it ends. */
export const previewMarkers = { place: "preview", end: "preview-end" } as const;

const label = "**Preview environment:**";

export function answersText({ url, version, expiresAt }: PreviewRecord): string {
  return `${label} ${url} answers with ${code(version)} until ${expiresAt}. ${longer}`;
}

export function endsText(expiresAt: string): string {
  return `The preview environment ends at ${expiresAt}. ${longer}`;
}

export const goneText = `${label} it is gone.`;

const longer = "`/extend 24h` gives it longer, `/destroy` ends it.";

/** The address that `answersText` gave; undefined where there is none any more. */
export function addressIn(body: string): string | undefined {
  return /^\*\*Preview environment:\*\* (https?:\/\/[^\s|<>()]+) /m.exec(body)?.[1];
}

/** The line of a plan that links to it. */
export function previewLine(url: string): string {
  return `${label} ${url}`;
}

/**
 * A plan's first comment with that line below its verdict, whatever was there before; without it where there is no address.
 *
 * @returns undefined where the comment is no plan's first
 */
export function withPreviewLine(body: string, url: string | undefined): string | undefined {
  const lines = body.split("\n");
  if (!lines[1]?.startsWith("## Plan: ")) return undefined;
  const verdict = lines.findIndex((line) => /^\*\*[✅❌]/u.test(line));
  if (verdict < 0) return undefined;
  const isThere = lines[verdict + 2]?.startsWith(label);
  return lines.toSpliced(verdict + 1, isThere ? 2 : 0, ...(url === undefined ? [] : ["", previewLine(url)])).join("\n");
}
