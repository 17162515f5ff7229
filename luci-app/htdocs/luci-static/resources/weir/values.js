'use strict';
'require baseclass';

// What the rows of weir.options take, in words and kinds, and whether a value is that.

const TIMES = { '': 1, s: 1, m: 60, h: 3600, d: 86400, y: 31536000 };
const SIZES = { '': 0, K: 10, M: 20, G: 30, T: 40 };
const TRUE = [ '1', 'on', 'true', 'yes', 'enabled' ];

// Kinds that LuCI knows itself, and patterns with an example for those it does not.
const TYPES = { int: 'range(%s,%s)', cidr: 'or(ipaddr(1),cidr,ipmask)', mac: 'macaddr', ip: 'ipaddr(1)', text: 'maxlength(%s)', domain: 'hostname' };
const PATTERNS = {
	time: [ /^(\d+)([smhdy]?)$/, '5m' ],
	size: [ /^(\d+)([KMGT]?)$/, '512K' ],
	path: [ /^\/./, '/var/lib/weir' ],
	name: [ /^[^\s\/]+$/, 'lan' ],
	pace: [ /^\d+x$/, '10x' ],
	series: [ /^[a-z_]+:(full|light|none)$/, 'device:full' ],
	tier: [ /^\d+[smhdy]?:\d+[smhdy]?$/, '5m:14d' ],
	listen: [ /^(\[[0-9a-fA-F:]+\]|[0-9.]*):\d{1,5}$/, '192.168.1.1:3000' ],
	origin: [ /^https?:\/\/[^\/]+$/, 'https://grafana.lan:3000' ],
	base: [ /^(\/[^\/]+)+$/, '/weir' ],
	ports: [ /^((tcp|udp)\/)?\d{1,5}(-\d{1,5})?$/, 'tcp/443' ],
	start: [ /^(-1|[1-9]|[12]\d|3[01]|\d{4}-\d\d-\d\d)$/, '15' ],
	scope: [ /^(wan|(wan|device|pool):.+)$/, 'wan' ],
	hours: [ /^\d\d:\d\d-\d\d:\d\d$/, '00:00-06:00' ],
	url: [ /^https?:\/\/./, 'http://192.168.1.2/weir' ]
};

function amount(kind, text) {
	const m = String(text).match(PATTERNS[kind][0]);

	return !m ? NaN : (kind == 'time') ? m[1] * TIMES[m[2]] : m[1] * Math.pow(2, SIZES[m[2]]);
}

// option makes an object of a row: how it is called, what it takes, how it is asked for.
function option([ name, takes, def, title, help ]) {
	const all = takes.replace(/^[*!]*/, '').split('|'), words = all.filter((t) => t[0] != '@'), [ kind, ...bounds ] = (all.find((t) => t[0] == '@') || '@').slice(1).split(':');

	return {
		name, def, title, help, words, kind, bounds, required: /^\*?!/.test(takes),
		widget: (takes[0] == '*') ? 'DynamicList' : (kind == 'flag') ? 'Flag' : kind ? 'Value' : 'ListValue',
		datatype: TYPES[kind] ? TYPES[kind].format(...bounds) : undefined
	};
}

// check returns true, or what is wrong.
function check(o, value) {
	if (value == null || value === '' || o.words.indexOf(value) >= 0)
		return true;

	if (!o.kind)
		return _('There is: %s.').format(o.words.join(', '));

	const pattern = PATTERNS[o.kind];

	if (!pattern)
		return true; // LuCI checks it by its datatype

	if (!pattern[0].test(value))
		return _('Write it like %s.').format(o.words.concat(pattern[1]).join(', '));

	if (o.bounds.length) {
		const n = amount(o.kind, value);

		if (n < amount(o.kind, o.bounds[0]) || n > amount(o.kind, o.bounds[1]))
			return _('It has to be from %s to %s.').format(o.bounds[0], o.bounds[1]);
	}

	return true;
}

const flag = (value) => TRUE.indexOf(String(value).toLowerCase()) >= 0;

// same tells whether two spellings mean the same, as far as that can be told here.
function same(o, a, b) {
	const plain = (v) => (o.kind == 'flag') ? flag(v) : (o.kind == 'time' || o.kind == 'size') ? amount(o.kind, v) || v : String(v);
	const all = (v) => [ v ?? [] ].flat().map(plain).join(' ');

	return [ '', 'flag', 'int', 'time', 'size', 'path', 'text', 'start' ].indexOf(o.kind) < 0 || all(a) == all(b);
}

return baseclass.extend({ option, check, flag, same });
