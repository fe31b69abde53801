import { setTimeout as delay } from "node:timers/promises";
import express, { type Express } from "express";
import type pg from "pg";
import { addErrorHandlers, createApp, serve } from "../../base/src/server.ts";
import { createPool } from "./database.ts";
import { attachEcho } from "./echo.ts";
import { createFiles, isFileId, parseNewFile } from "./files.ts";
import { createMailer } from "./mail.ts";
import { addNote, listNotes, parseNewNote } from "./notes.ts";
import { Readiness } from "./readiness.ts";

/** The longest a request to /api/slow may take, in milliseconds: the longest stop timeout Fargate grants. */
const longestSlowMs = 120_000;

function createApi(pool: pg.Pool): Express {
  const app = createApp();
  const readiness = new Readiness(pool);
  const mailer = createMailer(process.env);
  const files = createFiles(process.env);
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
  // To the address the service is configured with alone: whoever may call it cannot make it write to others.
  app.post("/api/notes/mail", async (_request, response) => {
    if (mailer === undefined) {
      response.status(501).json({ error: "MAIL_FROM, MAIL_REGION and MAIL_TO are not set" });
      return;
    }
    response.status(202).json({ mail: await mailer.send("Notes", notesAsText(await listNotes(pool))) });
  });
  app.post("/api/files", express.json({ limit: "1kb" }), async (request, response) => {
    const file = parseNewFile(request.body);
    if (files === undefined) response.status(501).json({ error: "FILES_BUCKET and FILES_REGION are not set" });
    else if ("error" in file) response.status(400).json(file);
    else if (file.isPublic && !files.canPublish) response.status(501).json({ error: "FILES_CDN is not set" });
    else response.status(201).json(await files.upload(file));
  });
  app.get("/api/files/:id", async (request, response) => {
    const { id } = request.params;
    if (files === undefined || !isFileId(id)) response.status(404).json({ error: "there is no such file" });
    else response.redirect(302, await files.addressOf(id));
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

function notesAsText(notes: Awaited<ReturnType<typeof listNotes>>): string {
  return notes.map(({ text }) => `- ${text}\n`).join("") || "There are none.\n";
}

const pool = createPool();
const server = serve(createApi(pool), {
  onStopping: () => echo.close(),
  onDrained: () => pool.end(),
});
const echo = attachEcho(server, "/api/echo");
