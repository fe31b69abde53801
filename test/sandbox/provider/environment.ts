/** Sets environment variables for a suite and puts the old ones back. Call after the hooks that make the variables known. */
export function useEnvironment(variables: () => Readonly<Record<string, string>>): void {
  const old = new Map<string, string | undefined>();
  before("set the environment", () => {
    for (const [key, value] of Object.entries({ SWITCHYARD_DOCKER: "off", ...variables() })) {
      old.set(key, process.env[key]);
      process.env[key] = value;
    }
  });
  after("put the environment back", () => {
    for (const [key, value] of old) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  });
}
