'use strict';
'require baseclass';

// The language of the filter box: words, key:value, >10MB, >1h.

// What people write, and the argument it means.
const KEYS = {
	device: 'device', app: 'app', category: 'category', country: 'country', asn: 'asn', as: 'asn', port: 'port', proto: 'proto',
	protocol: 'protocol', ip: 'ip', mac: 'mac', host: 'host', name: 'name', dir: 'dir', state: 'state', in: 'uplink', uplink: 'uplink',
	zone: 'zone', network: 'network', vlan: 'vlan', scope: 'scope', ipver: 'ipver', offload: 'offload', iface: 'iface'
};
const AMOUNTS = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const TIMES = { s: 1, m: 60, min: 60, h: 3600, d: 86400 };

function minimum(word) {
	const m = (/^>=?([0-9.]+) *([a-zA-Z]*)$/).exec(word);

	if (!m)
		return null;

	if (TIMES[m[2]])
		return [ 'min_duration', Math.round(m[1] * TIMES[m[2]]) ];

	const factor = AMOUNTS[m[2].replace(/i?B$/, '').replace('K', 'k')];

	return factor ? [ 'min_bytes', Math.round(m[1] * factor) ] : null;
}

function meaning(word) {
	if ((/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i).test(word))
		return [ 'mac', word ];

	if ((/^[0-9]+(\.[0-9]+){3}(\/[0-9]+)?$/).test(word) || (/^[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*(\/[0-9]+)?$/i).test(word))
		return [ 'ip', word ];

	const at = word.indexOf(':'), key = KEYS[word.slice(0, at).toLowerCase()], value = word.slice(at + 1);

	if (at < 1 || !key || !value)
		return minimum(word) || [ 'text', word ];

	switch (key) {
	case 'device':
		return [ isNaN(value) ? 'name' : 'device', value ];
	case 'country':
	case 'state':
		return [ key, value.toUpperCase() ];
	case 'asn':
		return [ key, value.replace(/^as/i, '') ];
	case 'app':
	case 'category':
	case 'proto':
	case 'protocol':
		return [ key, value.toLowerCase() ];
	}

	return [ key, value ];
}

// term is a key and value as they are written.
function term(key, value) {
	if (key == 'min_bytes')
		return '>' + value;

	if (key == 'min_duration')
		return '>' + value + 's';

	return (key == 'text' ? '' : key + ':') + ((/\s/).test(value) ? '"' + value + '"' : value);
}

// parse reads all of it. What stands twice counts as it stands last, words add up.
function parse(text, keys) {
	const args = {};
	const terms = (String(text || '').match(/[^\s"]*"[^"]*"?|\S+/g) || []).map((written) => {
		let [ key, value ] = meaning(written.replace(/"/g, ''));

		if (key == 'name' && keys && keys.indexOf('name') < 0)
			key = 'text';

		const error = !!keys && keys.indexOf(key) < 0;

		if (!error)
			args[key] = (key == 'text' && args.text) ? args.text + ' ' + value : value;

		return { key, value, text: written, error };
	});

	return { args, terms };
}

return baseclass.extend({ KEYS, parse, term });
