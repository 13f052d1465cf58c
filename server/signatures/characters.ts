/** Control characters, and the invisible ones that turn text around (Unicode TR 36). */
export const controlCharacters = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
/** The same, but for tabs and the ends of lines. */
export const controlButLines = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
