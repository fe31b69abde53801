/** What is used of the package, which has no declarations. */
declare module "asl-validator" {
  // biome-ignore lint/style/noDefaultExport: it is the package's own
  export default function validate(definition: object): {
    readonly isValid: boolean;
    readonly errors: readonly unknown[];
  };
}
