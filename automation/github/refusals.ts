/** What GitHub's client throws, in words of this program. */
import { SwitchyardError } from "../../programs/errors.ts";

interface RequestFailure extends Error {
  /** 500 as well where there was no answer. */
  readonly status: number;
  readonly request: { readonly method: string; readonly url: string };
  readonly response?: { readonly data?: unknown };
}

export function isRequestFailure(error: unknown): error is RequestFailure {
  return error instanceof Error && typeof (error as Partial<RequestFailure>).status === "number" && "request" in error;
}

/** Whether it is unknown if what was asked was done. */
export function isUncertain(error: unknown): boolean {
  return isRequestFailure(error) && error.status >= 500;
}

/** @returns undefined for what is no answer of GitHub's. */
export function githubRefusal(error: unknown): SwitchyardError | undefined {
  if (!isRequestFailure(error)) return undefined;
  const { status, request, response, message } = error;
  const where = `${request.method} ${pathOf(request.url)}`;
  const [said = ""] = message.split("\n").map((line) => line.split(" - https://")[0]?.trim() ?? "");
  const what = response === undefined ? `GitHub could not be reached: ${said}` : `GitHub answered ${status}: ${said}`;
  return new SwitchyardError("github-refused", { what, where, fix: fixOf(status), cause: error });
}

function fixOf(status: number): string {
  switch (status) {
    case 401:
      return "give a token that has not expired in GITHUB_TOKEN";
    case 403:
      return "give the token, or the workflow's job, the right that docs/github.md lists; or wait where a limit was reached";
    case 404:
      return "check GITHUB_REPOSITORY and the number; a token that may not read the repository is told the same";
    default:
      return status >= 500 ? "run the command again: it goes on from what is there" : "correct what GitHub names";
  }
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
