/** How a heat map is made of gradients and feature maps: Selvaraju et al. 2017, Chattopadhay et al. 2018, Jiang et al. 2021, Draelos and Carin 2020. */
export const CAM_METHODS = ['gradcam', 'gradcam++', 'layercam', 'hirescam'] as const
export type CamMethod = (typeof CAM_METHODS)[number]
