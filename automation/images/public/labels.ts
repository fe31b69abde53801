/**
 * What an image says of where it is from (OCI image specification, "Pre-defined annotation keys").
 *
 * @param remote address git fetches from: of a web page, or `git@host:owner/name.git`; what a login stands in is left out
 */
export function labelsOf(revision: string, remote: string): Readonly<Record<string, string>> {
  const source = webAddress(remote.trim());
  return {
    "org.opencontainers.image.revision": revision,
    ...(source !== undefined && { "org.opencontainers.image.source": source }),
  };
}

function webAddress(remote: string): string | undefined {
  const [, host, path] =
    /^(?:https?:\/\/|ssh:\/\/)(?:[^@/]*@)?([^/]+)\/(.+)$/.exec(remote) ??
    /^(?:[^@/]*@)([^:/]+):(.+)$/.exec(remote) ??
    [];
  return host === undefined || path === undefined
    ? undefined
    : `https://${host.replace(/:\d+$/, "")}/${path.replace(/\.git$/, "")}`;
}
