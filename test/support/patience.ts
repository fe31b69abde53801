/**
 * Limits of time in tests end what hangs. They are written down as a quiet machine of two cores needs them, with room; a busy
 * or a slower one is given so many times as much.
 */
export const patience = 3;
