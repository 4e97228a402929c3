using System.Text.Json.Serialization;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Formats.Archives;

/// <summary>A sign that something is not music, or was uploaded in bulk.</summary>
public enum QualitySignal
{
    /// <summary>A recording of at most <see cref="QualityPolicy.ShortMs"/>.</summary>
    [JsonStringEnumMemberName("short")]
    Short,

    /// <summary>Releases of one day under one artist credit with more than <see cref="QualityPolicy.FloodTracks"/> tracks together.</summary>
    [JsonStringEnumMemberName("flood")]
    Flood,

    /// <summary>A release of at least <see cref="QualityPolicy.SeriesTracks"/> tracks of which nine in ten last the same to the second.</summary>
    [JsonStringEnumMemberName("same-duration")]
    SameDuration,

    /// <summary>A release of at least <see cref="QualityPolicy.SeriesTracks"/> tracks of which nine in ten have the same title, digits aside.</summary>
    [JsonStringEnumMemberName("same-title")]
    SameTitle,

    /// <summary>Audio that at least <see cref="QualityPolicy.SameAudioTitles"/> recordings of different titles or artists have: the best known of them apart.</summary>
    [JsonStringEnumMemberName("same-audio")]
    SameAudio,
}

/// <summary>Which signals send recordings to the tail, and where they begin to speak. Nothing is left out because of them.</summary>
/// <param name="Tail">The signals that do.</param>
/// <param name="ShortMs">Milliseconds.</param>
/// <param name="FloodTracks">Tracks a day.</param>
/// <param name="SeriesTracks">Tracks of a release.</param>
/// <param name="SameAudioTitles">Titles and artists under which the same audio is met.</param>
/// <param name="StoreOnce">What tells surely enough that two recordings are the same audio for one object to be held for both.</param>
public sealed record QualityPolicy(IReadOnlyList<QualitySignal> Tail, int ShortMs, int FloodTracks, int SeriesTracks, int SameAudioTitles, IReadOnlyList<SameAudioBy> StoreOnce);

/// <summary>The signals' names as <c>lacquer.toml</c> writes them.</summary>
public static class QualitySignalNames
{
    private static readonly string[] Names = ["short", "flood", "same-duration", "same-title", "same-audio"];

    /// <summary>Every name there is.</summary>
    public static IReadOnlyList<string> Known => Names;

    /// <summary>The name of a signal.</summary>
    public static string Of(QualitySignal signal) => Names[(int)signal];

    /// <summary>The signal of this name.</summary>
    public static bool TryParse(string name, out QualitySignal signal)
    {
        signal = (QualitySignal)Array.IndexOf(Names, name);
        return signal >= 0;
    }
}
