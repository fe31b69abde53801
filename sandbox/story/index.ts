export { makeCheckout } from "./checkouts.ts";
export { GithubProject, setCloudFaults } from "./delivery/project.ts";
export { observe, versionsServing } from "./observation.ts";
export { Stage } from "./stage.ts";
