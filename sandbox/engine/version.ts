import versions from "@pulumi/pulumi/version.js";

/** The engine speaks the protocols of the SDK it is installed beside, and says so. */
export const engineVersion: string = versions.version;
