/** Binary XML as parsed, before values take the place of substitutions. A template is parsed once and serves all records that name it. */
export interface XmlElement {
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly content: readonly XmlPart[]
}

export interface XmlAttribute {
  readonly name: string
  readonly value: readonly XmlPart[]
}

export type XmlPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: ValuePlace }
  | { readonly kind: 'substitution'; readonly index: number }
  | { readonly kind: 'element'; readonly element: XmlElement }
  | { readonly kind: 'fragment'; readonly fragment: XmlFragment }

/** A template's element, or one written out, with the values that its substitutions stand for. */
export interface XmlFragment {
  readonly element: XmlElement
  readonly values: readonly ValuePlace[]
}

/** A value still in the chunk's bytes. */
export interface ValuePlace {
  readonly type: number
  readonly at: number
  readonly size: number
}
