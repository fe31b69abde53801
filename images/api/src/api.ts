import { setTimeout as delay } from "node:timers/promises";
import express, { type Express } from "express";
import type pg from "pg";
import { addErrorHandlers, createApp, serve } from "../../base/src/server.ts";
import { createPool } from "./database.ts";
import { attachEcho } from "./echo.ts";
import { addNote, listNotes, parseNewNote } from "./notes.ts";
import { Readiness } from "./readiness.ts";

/** The longest a request to /api/slow may take, in milliseconds: the longest stop timeout Fargate grants. */
const longestSlowMs = 120_000;

function createApi(pool: pg.Pool): Express {
  const app = createApp();
  const readiness = new Readiness(pool);
  app.get("/api/healthz", async (_request, response) => {
    const health = await readiness.check();
    response.status(health.status).json(health.body);
  });
  app.get("/api/notes", async (_request, response) => {
    response.json({ notes: await listNotes(pool) });
  });
  app.post("/api/notes", express.json({ limit: "16kb" }), async (request, response) => {
    const note = parseNewNote(request.body);
    if ("error" in note) response.status(400).json(note);
    else response.status(201).json({ note: await addNote(pool, note) });
  });
  app.get("/api/slow", async (request, response) => {
    const ms = Number(request.query["ms"] ?? 1_000);
    if (!Number.isFinite(ms) || ms < 0 || ms > longestSlowMs) {
      response.status(400).json({ error: `ms: expected a number from 0 to ${longestSlowMs}` });
      return;
    }
    await delay(ms);
    response.json({ waitedMs: ms });
  });
  addErrorHandlers(app);
  return app;
}

const pool = createPool();
const server = serve(createApi(pool), {
  onStopping: () => echo.close(),
  onDrained: () => pool.end(),
});
const echo = attachEcho(server, "/api/echo");
