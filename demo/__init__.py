"""The demo corpus: synthetic conversations in the raw IEMOCAP_full_release layout (reading.md D.1).

    script    who says what, in which mood, and what is missing          lines moods
    speech    text -> waveform, by espeak-ng                             (GPL-3, used here alone)
    timeline  waveforms -> when each turn is, and the two channels
    portraits, warp, actor   two public-domain portraits -> speaking faces
    scene, recording   faces and sound -> a split-screen AVI
    layout    transcriptions, EmoEvaluation, DEMO.json
    build     all of it, dialogue by dialogue

Everything follows from one seed. Nobody said any of this: texts are ours, voices are synthetic.
"""
