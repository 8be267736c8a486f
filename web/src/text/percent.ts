/** 0.0734 → "7 %"; below one percent "< 1 %", so that nothing reads as impossible. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '<\u00a01\u00a0%'
  if (share < 1 && share > 0.99) return '>\u00a099\u00a0%'
  return `${Math.round(share * 100)}\u00a0%`
}
