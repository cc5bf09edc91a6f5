// Conditions over answers, read as servicedesk/conditions.py reads them (a test holds both equal).

const empty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

const ordered = (a, operator, b) => ({
  "=": a === b, "!=": a !== b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b,
})[operator];

function compare(value, operator, wanted) {
  if (empty(value)) return operator === "empty" || operator === "!=";
  if (operator === "empty") return false;
  if (operator === "has") return Array.isArray(value) && value.includes(wanted);
  if (typeof wanted === "boolean" || typeof value === "boolean") {
    const same = value === wanted;
    return operator === "=" ? same : operator === "!=" && !same;
  }
  if (typeof wanted === "number") {
    const number = typeof value === "number" ? value : typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : NaN;
    return Number.isNaN(number) ? operator === "!=" : ordered(number, operator, wanted);
  }
  return typeof value === "string" ? ordered(value, operator, wanted) : operator === "!=";
}

export function holds(tree, facts) {
  if (!tree) return true;
  switch (tree[0]) {
    case "all": return tree.slice(1).every((part) => holds(part, facts));
    case "any": return tree.slice(1).some((part) => holds(part, facts));
    case "not": return !holds(tree[1], facts);
    default: return compare(facts[tree[1]], tree[2], tree[3]);
  }
}
