/** What the sandbox offers to those outside of it. What takes long to load is loaded when it is asked for. */
export type { Took } from "./cloud/access/access.ts";
export type { Fault, FaultHit } from "./cloud/faults.ts";
export {
  cloudEnvironment,
  cloudMails,
  cloudStatus,
  type RunningCloud,
  resetCloud,
  startCloud,
  stopCloud,
} from "./cloud/lifecycle.ts";
export type { Limit } from "./cloud/limits/limit.ts";
export { fetchInCloud } from "./cloud/names.ts";
export type { StandInGithub } from "./github/index.ts";
export type { Blob } from "./provider/docker/image.ts";
export type { AnyRow } from "./provider/row.ts";
export type { StoryReport } from "./story/report/model.ts";
export type { Stage } from "./story/stage.ts";

/** The Pulumi engine, as a command of the Automation API. */
export const loadEngine = () => import("./engine/command.ts");

/** The stand-ins for Pulumi's providers, and how to serve them to an engine. */
export const loadProviders = () => import("./provider/index.ts");

/** What AWS documents and refuses, and the API's models do not say. */
export const loadLimits = () => import("./cloud/limits/index.ts");

/** Images packed and pushed without Docker. */
export const loadImages = () => import("./provider/docker/index.ts");

/** A company that releases its services, under load. */
export const loadStory = () => import("./story/index.ts");

/** What roles are allowed, as sessions of them are held to it. */
export const loadAccess = () => import("./cloud/access/documents.ts");

/** A GitHub on this machine, held against GitHub's own description of its API. */
export const loadGithub = () => import("./github/index.ts");
