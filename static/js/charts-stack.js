/* Parts of a whole lie on top of each other, the first at the bottom. A figure holds each part's own values, which are
   what keys, cursor and table tell: only here they are added up, because plotly.js would fill across gaps.          */

export const isStacked = trace => trace.meta.role.startsWith("stacked");

/* Each stacked trace raised onto those before it, with its floor; all others as they are. A part without a value adds
   nothing to those above it. */
export function raised(data) {
  let below = [];
  return data.map(trace => {
    if (!isStacked(trace)) return trace;
    const floor = trace.y.map((_, i) => below[i] ?? 0);
    below = trace.y.map((value, i) => floor[i] + (value ?? 0));
    return { ...trace, floor, y: trace.y.map((value, i) => value === null ? null : below[i]) };
  });
}
