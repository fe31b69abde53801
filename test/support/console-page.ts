import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import type { EnvironmentView } from "../../automation/console/views/environment.ts";

const deadlineMs = 100_000;

interface Asked {
  readonly kind: string;
  readonly version: string;
}

/** What the console's page does, without a browser: opens the link, reads the stream, asks for what is to be done. */
export class ConsolePage {
  readonly origin: string;
  readonly cookie: string;
  readonly #csrf: string;
  readonly #end = new AbortController();
  #view: EnvironmentView | undefined;
  #seen: () => void = () => undefined;

  private constructor(origin: string, cookie: string, csrf: string) {
    this.origin = origin;
    this.cookie = cookie;
    this.#csrf = csrf;
  }

  static async open(link: string): Promise<ConsolePage> {
    const { origin } = new URL(link);
    const opened = await fetch(link, { redirect: "manual" });
    const cookie = opened.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const shell = await (await fetch(origin, { headers: { cookie } })).text();
    const page = new ConsolePage(origin, cookie, /"csrf":"([^"]+)"/.exec(shell)?.[1] ?? "");
    void page.#listen();
    return page;
  }

  /** The first view of the one environment that is so. */
  async until(isSo: (view: EnvironmentView) => boolean): Promise<EnvironmentView> {
    const late = AbortSignal.timeout(deadlineMs);
    for (;;) {
      const view = this.#view;
      if (view && isSo(view)) return view;
      assert.ok(!late.aborted, `not within ${deadlineMs} ms; the page has ${JSON.stringify(view)}`);
      await new Promise<void>((resolve) => {
        this.#seen = resolve;
        late.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async act(stack: string, action: Asked): Promise<void> {
    const answer = await this.asks(stack, action);
    assert.equal(answer.status, 200, await answer.text());
  }

  /** What the console answers, whatever that is. */
  asks(stack: string, action: Asked): Promise<Response> {
    const headers = {
      ...{ cookie: this.cookie, origin: this.origin, "x-switchyard-csrf": this.#csrf },
      ...{ "content-type": "application/json", "sec-fetch-site": "same-origin" },
    };
    const url = `${this.origin}/api/${stack}/act`;
    return fetch(url, { method: "POST", headers, body: JSON.stringify(action) });
  }

  close(): void {
    this.#end.abort();
  }

  async #listen(): Promise<void> {
    const options = { headers: { cookie: this.cookie }, signal: this.#end.signal };
    try {
      const { body } = await fetch(`${this.origin}/events`, options);
      let text = "";
      for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          const told = JSON.parse(event.replace(/^data: /, ""));
          if (told.kind === "environment") this.#view = told.view;
        }
        this.#seen();
      }
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    }
  }
}

/** The same session in a browser. */
export async function shownIn(browser: Browser, { origin, cookie }: ConsolePage): Promise<Page> {
  const [name = "", value = ""] = cookie.split("=");
  const context = await browser.newContext();
  await context.addCookies([{ name, value, url: origin }]);
  const page = await context.newPage();
  page.setDefaultTimeout(deadlineMs);
  await page.goto(origin);
  return page;
}
