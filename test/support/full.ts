/** Whether tests look at all they could (PICKET_FULL=1); else at a sample, which keeps the whole suite to a few minutes. */
export const FULL = process.env['PICKET_FULL'] === '1'
