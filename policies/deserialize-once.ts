/** What Pulumi's server reads a resource's properties with. */
export interface Deserializer {
  deserializeProperties(message: object, proxySecrets: boolean): object;
}

/**
 * Has Pulumi's server read each resource's properties once. It reads the same message again for every policy it asks,
 * and rules only read what they are given.
 */
export function deserializeOnce(module: Deserializer): void {
  const deserialize = module.deserializeProperties;
  const known = new WeakMap<object, object>();
  module.deserializeProperties = (message, proxySecrets) => {
    // Remediations change what they are given, and keep secrets apart.
    if (proxySecrets) return deserialize(message, proxySecrets);
    const properties = known.get(message) ?? deserialize(message, proxySecrets);
    known.set(message, properties);
    return properties;
  };
}
