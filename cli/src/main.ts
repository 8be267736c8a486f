console.log('detl')
