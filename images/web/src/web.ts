import express, { type Express } from "express";
import { log, messageOf, requiredEnv } from "../../base/src/environment.ts";
import { addErrorHandlers, createApp, serve } from "../../base/src/server.ts";
import { ApiClient } from "./client.ts";
import { renderPage } from "./page.ts";

function createWeb(api: ApiClient): Express {
  const app = createApp();
  app.get("/healthz", (_request, response) => {
    response.json({ ready: true });
  });
  app.get("/", async (_request, response) => {
    try {
      const { notes, version } = await api.listNotes();
      response.type("html").send(renderPage({ notes, apiVersion: version }));
    } catch (error) {
      log("error", "the api did not answer", { error: messageOf(error) });
      response
        .status(502)
        .type("html")
        .send(renderPage({ notes: [], problem: "The notes cannot be read right now." }));
    }
  });
  app.post("/", express.urlencoded({ extended: false, limit: "16kb" }), async (request, response) => {
    const answer = await api.addNote(request.body ?? {});
    if (answer.retryAfter !== undefined) response.set("retry-after", answer.retryAfter);
    if (answer.status === 201) response.redirect(303, "/");
    else
      response
        .status(answer.status)
        .type("html")
        .send(renderPage({ notes: [], problem: answer.problem }));
  });
  addErrorHandlers(app);
  return app;
}

serve(createWeb(new ApiClient(requiredEnv("API_URL"))));
