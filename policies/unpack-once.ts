interface Unpackable {
  toJavaScript(): object;
}

/**
 * Has a class of wire messages unpack each message once. Pulumi's server unpacks the same properties again for every
 * policy it asks; unpacking only reads the message, and the server copies the answer before a policy sees it.
 */
export function unpackOnce(messages: { readonly prototype: Unpackable }): void {
  const unpack = messages.prototype.toJavaScript;
  const unpacked = new WeakMap<Unpackable, object>();
  messages.prototype.toJavaScript = function (): object {
    const known = unpacked.get(this) ?? unpack.call(this);
    unpacked.set(this, known);
    return known;
  };
}
