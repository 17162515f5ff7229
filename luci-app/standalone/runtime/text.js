// What LuCI's cbi.js puts into every page: String.format, translation, E().

// format fills in a pattern as LuCI's does, down to its habits: %m shortens by
// the width ("%1024.2mB"), and a pattern that cannot be read ends the work.
String.prototype.format = function(...args) {
	const pattern = /([^%]*)%('.|0| )?(-)?(\d+)?(\.\d+)?([%bcdufosxXqhjtm])/y;
	const text = String(this);
	let out = '', end = 0, used = 0, value, m;

	while ((m = pattern.exec(text)) !== null) {
		const [ , before, pad, left, width, precision, type ] = m;
		let filled = width;

		end = pattern.lastIndex;
		if (type == '%') {
			value = '%';
		}
		else if (used < args.length) {
			value = formatOne(type, args[used++], width, precision);
			if (type == 'm')
				filled = null;
		}
		if (filled) {
			const fill = (pad && pad[0] == "'") ? pad[1] : (pad || ' ');
			value = left ? value.toString().padEnd(+filled) : value.toString().padStart(+filled, fill);
		}
		out += before + value;
	}
	return out + text.substring(end);
};

String.format = (pattern, ...args) => ''.format.apply(pattern, args);

String.prototype.nobr = function() {
	return this.replace(/\s+/g, '&#160;');
};

function formatOne(type, arg, width, precision) {
	const n = +arg || 0;

	switch (type) {
	case 'b': return Math.floor(n).toString(2);
	case 'o': return Math.floor(n).toString(8);
	case 'x': return Math.floor(n).toString(16);
	case 'X': return Math.floor(n).toString(16).toUpperCase();
	case 'c': return String.fromCharCode(n);
	case 'd': return Math.floor(n).toFixed(0);
	case 'u': return Math.floor(n < 0 ? 0x100000000 + n : n).toFixed(0);
	case 'f': return precision ? n.toFixed(+precision.substring(1)) : n;
	case 'h': return escapeText(arg, /[&"'<>]/g);
	case 'q': return escapeText(arg, /["']/g);
	case 't': return formatSpan(arg || 0);
	case 'm': return formatMetric(n, width ? +width : 1000, precision ? Math.trunc(10 * +('0' + precision)) : 2);
	default: return arg;
	}
}

function escapeText(arg, unsafe) {
	if (arg == null || typeof(arg) == 'object' || typeof(arg) == 'function')
		return '';
	return String(arg).replace(unsafe, c => '&#' + c.charCodeAt(0) + ';');
}

function formatSpan(seconds) {
	let s = seconds, m = 0, h = 0, d = 0;

	if (s > 59)
		m = Math.floor(s / 60), s = s % 60;
	if (m > 59)
		h = Math.floor(m / 60), m = m % 60;
	if (h > 23)
		d = Math.floor(h / 24), h = h % 24;
	return d > 0 ? '%dd %dh %dm %ds'.format(d, h, m, s) : '%dh %dm %ds'.format(h, m, s);
}

function formatMetric(n, base, digits) {
	const units = [ ' ', ' K', ' M', ' G', ' T', ' P', ' E' ];
	let i = 0;

	for (; i < units.length && n > base; i++)
		n /= base;
	return i ? n.toFixed(digits) + units[i] + (base == 1024 ? 'i' : '') : n + ' ';
}

// The server sends TR, from a message and its context to what it means here.
const messageKey = (text, context) => (context != null ? context + '\u0001' : '') +
	String(text).trim().replace(/[ \t\n]+/g, ' ');

export function _(text, context) {
	return (window.TR && TR[messageKey(text, context)]) || text;
}

export function N_(n, one, many, context) {
	const form = (n != 1) ? 1 : 0; // of English and German

	return (window.TR && TR[messageKey(one, context) + '\u0002' + form]) || (form ? many : one);
}

export function E(...args) {
	return L.dom.create(...args);
}

Object.assign(window, {
	_, N_, E,
	isElem: e => L.dom.elem(e),
	matchesElem: (node, selector) => L.dom.matches(node, selector),
	findParent: (node, selector) => L.dom.parent(node, selector)
});
