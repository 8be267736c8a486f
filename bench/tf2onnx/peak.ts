/** Says at a process's end what memory it took at its peak, in kB. */
process.on('exit', () => console.error(`peak ${process.resourceUsage().maxRSS}`))
