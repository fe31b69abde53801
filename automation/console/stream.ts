/** Server-sent events: everything there is at once, then what changes (WHATWG HTML, "Server-sent events"). */
import type { Response } from "express";
import type { Feed, Told } from "./feed.ts";

/** So often something is sent: the page knows by it that it is still told what changes. In milliseconds. */
const beatMs = 5_000;

/** A reader with so many bytes unread has stopped reading; it is let go, and begins anew when it comes back. */
const mostUnread = 4_000_000;

export function stream(feed: Feed, response: Response): void {
  response.set({ "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
  response.flushHeaders();
  const send = (
    told: Told | { readonly kind: "all"; readonly stacks: readonly string[] } | { readonly kind: "beat" },
  ) => {
    response.write(`data: ${JSON.stringify({ ...told, at: Date.now() })}\n\n`);
    if (response.writableLength > mostUnread) response.destroy();
  };
  const unsubscribe = feed.subscribe(send);
  // What went away while the page was not connected is on it still.
  send({ kind: "all", stacks: feed.views.map(({ stack }) => stack) });
  if (feed.found) send({ kind: "found" });
  for (const view of feed.views) send({ kind: "environment", view });
  if (feed.trouble !== undefined) send({ kind: "trouble", why: feed.trouble });
  const beat = setInterval(() => send({ kind: "beat" }), beatMs);
  response.on("close", () => {
    clearInterval(beat);
    unsubscribe();
  });
}
