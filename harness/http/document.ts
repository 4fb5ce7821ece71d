/** Of an OpenAPI document, what is looked at here. */
interface Documented {
  readonly paths?: object;
}

interface Operation {
  readonly requestBody?: {
    required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema?: { readonly type?: unknown } }>>;
  };
}

/** As made from the routes, the document demands a body wherever one may be; one that may be null may be left out. */
export function withOptionalBodies<T extends Documented>(document: T): T {
  for (const methods of Object.values(document.paths ?? {}) as Record<string, Operation>[])
    for (const { requestBody } of Object.values(methods)) {
      const type = requestBody?.content['application/json']?.schema?.type;
      if (requestBody !== undefined && Array.isArray(type) && type.includes('null')) requestBody.required = false;
    }
  return document;
}
