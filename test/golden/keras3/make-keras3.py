"""Makes keras3.json: see README.md."""
import os, sys, types, json, base64, shutil
os.environ['TF_CPP_MIN_LOG_LEVEL']='3'; os.environ['CUDA_VISIBLE_DEVICES']=''

if sys.argv[1]=='models':
    import keras, numpy as np
    L=keras.layers; A=keras.activations
    keras.utils.set_random_seed(7)
    rng=np.random.default_rng(7)
    models={}
    def seq(name, shape, *layers, formats=('keras','h5')):
        m=keras.Sequential([keras.Input(shape,name='in'),*layers],name=name); models[name]=(m,formats)
    def fun(name, m, formats=('keras','h5')): models[name]=(m,formats)
    for act in ['relu','leaky_relu','relu6','softmax','celu','elu','selu','softplus','softsign','squareplus','soft_shrink','hard_shrink','tanh_shrink','silu','gelu','tanh','sigmoid','exponential','hard_sigmoid','hard_silu','hard_tanh','linear','mish','log_softmax','log_sigmoid']:
        seq('act_'+act,(5,),L.Activation(act),formats=('keras',))
    seq('leaky',(5,),L.LeakyReLU(negative_slope=0.1),formats=('keras',))
    seq('relu_all',(9,),L.ReLU(max_value=0.8,negative_slope=0.25,threshold=0.3),formats=('keras',))
    seq('elu_half',(5,),L.ELU(alpha=0.5),formats=('keras',))
    seq('activation_object',(5,),L.Dense(4,activation=L.LeakyReLU(negative_slope=0.4)),formats=('keras',))
    seq('groups',(6,5,4),L.Conv2D(6,3,groups=2,padding='same',activation='hard_silu'),L.GlobalMaxPooling2D(keepdims=True))
    seq('depthwise',(7,7,2),L.DepthwiseConv2D(3,depth_multiplier=2,dilation_rate=2),L.SeparableConv2D(3,2),L.Flatten(),L.Dense(2,name='myDense'))
    seq('transpose',(4,4,2),L.Conv2DTranspose(3,3,strides=2,padding='same'),L.UpSampling2D(2,interpolation='bilinear'),L.CenterCrop(5,6))
    seq('resizing',(5,4,2),L.Resizing(7,9),L.Resizing(3,3,interpolation='nearest'),formats=('keras',))
    n=L.Normalization(axis=-1); n.adapt(rng.normal(2,3,(50,3)).astype('float32'))
    seq('normalization',(3,),n,L.Dense(2))
    seq('normalization_given',(3,),L.Normalization(mean=[1.,2.,3.],variance=[4.,5.,6.]),formats=('keras',))
    seq('augmented',(6,6,1),L.RandomFlip(),L.RandomRotation(0.2),L.RandomZoom(0.2),L.Rescaling(1/3,offset=0.5),L.SpatialDropout2D(0.4),L.GlobalAveragePooling2D(),L.Dense(2))
    seq('recurrent',(4,3),L.LSTM(3,return_sequences=True,recurrent_activation='hard_sigmoid'),L.GRU(2,return_sequences=True),L.SimpleRNN(2))
    seq('bidirectional',(4,3),L.Bidirectional(L.LSTM(2,return_sequences=True)),L.TimeDistributed(L.Dense(2,activation='silu')),formats=('keras',))
    # names that a .keras file does not follow
    x=keras.Input((6,6,2),name='myImage')
    a=L.Conv2D(2,3,padding='same',name='conv2d_1',activation='relu')(x)
    b=L.Conv2D(2,3,padding='same',name='conv2d',activation='hard_sigmoid')(a)
    s=L.Subtract(name='sub')([a,b]); t=L.Add()([s,a]); t=L.BatchNormalization()(t); t=L.Concatenate()([t,s])
    o=L.Dense(3,activation='softmax',name='outA')(L.GlobalAveragePooling2D()(t)); o2=L.Dense(2,name='dense')(L.Flatten()(s))
    fun('functional',keras.Model(x,[o,o2],name='functional_1'))
    inner=keras.Sequential([keras.Input((4,)),L.Dense(4,activation='relu',name='dense_1'),L.Dense(4,name='dense')],name='innerNet')
    xi=keras.Input((4,)); y=inner(xi); y=L.Dense(4,name='dense')(y); y=inner(y)
    fun('nested',keras.Model(xi,y,name='outer'),formats=('keras',))
    out=[]
    for name,(m,formats) in models.items():
        for w in m.weights:
            if 'seed' in w.path or 'normalization/' in w.path and 'batch' not in w.path: continue
            v=rng.normal(0,0.5,w.shape)
            if 'variance' in w.path: v=np.abs(v)+0.5
            if 'count' in w.path or not np.issubdtype(np.dtype(str(w.dtype)),np.floating): continue
            w.assign(v.astype('float32'))
        xs=[rng.normal(0,1.5,(2,*i.shape[1:])).astype('float32') for i in m.inputs]
        ys=m(xs[0] if len(xs)==1 else xs,training=False)
        ys=[np.asarray(v) for v in (ys if isinstance(ys,(list,tuple)) else [ys])]
        for f in formats:
            d=f'fx-{name}-{f}'; shutil.rmtree(d,ignore_errors=True); os.makedirs(d)
            m.save(f'{d}/m.{"keras" if f=="keras" else "h5"}')
            out.append({'name':name,'file':f,'dir':d,'inputs':[{'shape':list(v.shape),'data':[round(float(q),5) for q in v.ravel()]} for v in xs]})
            xr=[np.array(i['data'],dtype='float32').reshape(i['shape']) for i in out[-1]['inputs']]
            yr=m(xr[0] if len(xr)==1 else xr,training=False); yr=[np.asarray(v) for v in (yr if isinstance(yr,(list,tuple)) else [yr])]
            out[-1]['outputs']=[{'shape':list(v.shape),'data':[float(np.format_float_positional(q,precision=7,fractional=False)) for q in v.ravel()]} for v in yr]
    json.dump(out,open('k3cases.json','w'))
    print(len(out),keras.__version__)
else:
    # Only other formats need jax.
    m=types.ModuleType('tensorflowjs.converters.jax_conversion'); m.convert_jax=None; sys.modules['tensorflowjs.converters.jax_conversion']=m
    from tensorflowjs.converters import converter
    import keras
    cases=json.load(open('k3cases.json'))
    res=[]
    for c in cases:
        o=c['dir']+'/out'
        try:
            if c['file']=='keras': converter.convert(['--input_format=keras_keras','--output_format=tfjs_layers_model','./'+c['dir']+'/m.keras',o])
            else: converter.convert(['--input_format=keras','./'+c['dir']+'/m.h5',o])
        except Exception as e:
            print('FAILED',c['name'],c['file'],repr(e)[:200]); continue
        j=json.load(open(o+'/model.json'))
        b=b''.join(open(o+'/'+p,'rb').read() for g in j['weightsManifest'] for p in g['paths'])
        res.append({'name':c['name'],'file':c['file'],'topology':j['modelTopology'],'specs':[w for g in j['weightsManifest'] for w in g['weights']],'weights':base64.b64encode(b).decode(),'inputs':c['inputs'],'outputs':c['outputs']})
    json.dump(res,open('keras3.json','w'),separators=(',',':'))
    print(len(res))
