namespace Lacquer.Formats.Objects;

/// <summary>The codecs that objects are kept in.</summary>
public enum OggCodec
{
    /// <summary>Ogg Vorbis (Vorbis I, appendix A).</summary>
    Vorbis,

    /// <summary>Ogg Opus (RFC 7845).</summary>
    Opus,
}

/// <summary>What the header packets of an Ogg Vorbis or Ogg Opus file say.</summary>
/// <param name="Codec">The codec of the only stream.</param>
/// <param name="Serial">The stream's serial number (RFC 3533 §6, field 5).</param>
/// <param name="Tags">The comment header.</param>
/// <param name="Channels">Number of channels, at least 1.</param>
/// <param name="SampleRateHz">Samples a second of granule positions: Vorbis, the audio's; Opus, always 48000 (RFC 7845 §4).</param>
/// <param name="LengthBytes">From the start of the file to the end of the last page that holds any of a header packet.</param>
/// <param name="NominalBitrateBps">Vorbis: the bitrate the encoder aimed at (Vorbis I §4.2.2), 0 where it does not say. Opus: 0.</param>
/// <param name="PreSkipSamples">Opus: samples at 48 kHz to drop from the beginning (RFC 7845 §4.2). Vorbis: 0.</param>
/// <param name="InputSampleRateHz">Opus: the rate before encoding, 0 where it is not known (RFC 7845 §5.1). Vorbis: <paramref name="SampleRateHz"/>.</param>
/// <param name="OutputGainQ78">Opus: gain that every player applies, in 1/256 dB (RFC 7845 §5.1). Vorbis: 0.</param>
public sealed record OggHead(
    OggCodec Codec,
    uint Serial,
    CommentHeader Tags,
    int Channels,
    int SampleRateHz,
    long LengthBytes,
    int NominalBitrateBps,
    int PreSkipSamples,
    int InputSampleRateHz,
    int OutputGainQ78);
