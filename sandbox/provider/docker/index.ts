export { parseDockerfile } from "./dockerfile.ts";
export { assemble, layer, MANIFEST_TYPE, sha256 } from "./image.ts";
export { writeLayout } from "./layout.ts";
export { packImage } from "./pack.ts";
export { parseReference, push } from "./push.ts";
