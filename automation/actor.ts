import { userInfo } from "node:os";

/**
 * Who runs this: GitHub's actor, else the login, else what the environment calls the user. A container's user id needs no
 * entry in /etc/passwd, and then may have a number only.
 */
export function actor(
  env: Readonly<Record<string, string | undefined>> = process.env,
  login: () => string = () => userInfo().username,
): string {
  const names = [env["GITHUB_ACTOR"], orNone(login), env["USER"], env["LOGNAME"]];
  return names.find((name) => name !== undefined && name !== "") ?? `uid-${process.getuid?.() ?? "unknown"}`;
}

/** Node asks the passwd file, and throws where it has no entry. */
function orNone(login: () => string): string | undefined {
  try {
    return login();
  } catch {
    return undefined;
  }
}
