import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian, Fedora and Google put it; SWITCHYARD_CHROMIUM names another. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * @param named as SWITCHYARD_CHROMIUM has it
 * @throws Error where that names none: whoever names one wants its suites to run.
 */
export function chromiumHere(
  named = process.env["SWITCHYARD_CHROMIUM"] ?? "",
  isThere: (path: string) => boolean = existsSync,
): string | undefined {
  if (named === "") return places.find(isThere);
  if (!isThere(named)) throw new Error(`SWITCHYARD_CHROMIUM: there is no ${named}`);
  return named;
}

/** The system's Chromium; undefined where there is none, which is said aloud. */
export async function openBrowser(): Promise<Browser | undefined> {
  const executablePath = chromiumHere();
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  process.stderr.write(
    "    ! no Chromium on this machine: what the console looks like is not tested here (apt-get install chromium, or SWITCHYARD_CHROMIUM=<path>)\n",
  );
  return undefined;
}
