import { generate } from "selfsigned";

let certificate: Promise<{ key: string; cert: string }> | undefined;

/** HTTPS listeners all present this self-signed certificate; moto's ACM holds no usable private keys. */
export function sandboxCertificate(): Promise<{ key: string; cert: string }> {
  certificate ??= generate([{ name: "commonName", value: "switchyard sandbox" }], {
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  }).then(({ private: key, cert }) => ({ key, cert }));
  return certificate;
}
