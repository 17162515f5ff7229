'use strict';
'require baseclass';

// There are no files to read and no programs to run without OpenWrt.
const refuse = () => Promise.reject(Object.assign(new Error(_('Not available without OpenWrt.')), { name: 'NotSupportedError' }));

return baseclass.extend({
	exec: refuse, exec_direct: refuse, lines: refuse, list: refuse, read: refuse, read_direct: refuse,
	remove: refuse, stat: refuse, trimmed: refuse, write: refuse
});
