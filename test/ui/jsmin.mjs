// What a router gets is what LuCI's build made of our files: its jsmin drops
// comments and spaces by looking at single characters, without knowing the
// language. It takes a quote in a regular expression for a string where it does
// not see that one begins, and it joins lines that lack a semicolon. This does
// the same, so that the pages can be tried as they will arrive.

const word = c => /[A-Za-z0-9_$\\]/.test(c) || c > '~';
const endsLine = c => word(c) || '}])+-"\'`'.includes(c);
const beginsLine = c => word(c) || '{[(+-!~'.includes(c);
const beforeRegExp = c => '(,=:[!&|?+-~*/{};'.includes(c);
const operator = c => '+-*/'.includes(c);

// kept tells what stays of the blank between characters a and b.
function kept(gap, a, b) {
	const stays = gap == '\n' ? endsLine(a) && beginsLine(b) : word(a) && word(b);
	return stays || operator(a) && operator(b) ? gap : '';
}

// quoted returns where the string or regular expression ends that begins at i.
function quoted(text, i) {
	const end = text[i];
	for (let set = false, k = i + 1; k < text.length; k++) {
		if (text[k] == '\\')
			k++;
		else if (end == '/' && text[k] == '[')
			set = true;
		else if (set && text[k] == ']')
			set = false;
		else if (!set && text[k] == end)
			return k + 1;
	}
	throw new Error('jsmin: not terminated: ' + text.slice(i, i + 40));
}

// comment returns where the comment ends that begins at i, or i without one.
function comment(text, i) {
	const open = text.slice(i, i + 2);
	if (open != '//' && open != '/*')
		return i;
	const end = text.indexOf(open == '//' ? '\n' : '*/', i + 2);
	if (end < 0)
		return text.length;
	return open == '//' ? end : end + 2;
}

export function jsmin(text) {
	let out = '', gap = '\n';

	for (let i = 0; i < text.length;) {
		const c = text[i], end = comment(text, i);
		if (end > i || c <= ' ') {
			gap = c == '\n' || c == '\r' || gap == '\n' ? '\n' : ' ';
			i = Math.max(end, i + 1);
			continue;
		}
		const a = out.at(-1) ?? '\n';
		const regexp = c == '/' && beforeRegExp(a) && !(gap == '\n' && endsLine(a));
		const next = regexp || '\'"`'.includes(c) ? quoted(text, i) : i + 1;
		if (gap)
			out += kept(gap, a, c);
		out += text.slice(i, next);
		i = next;
		gap = '';
	}
	return out;
}
