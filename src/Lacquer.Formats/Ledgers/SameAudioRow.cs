using System.Text.Json.Serialization;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <summary>What tells that two recordings are the same audio, the surest first.</summary>
public enum SameAudioBy
{
    /// <summary>The source files are the same, byte for byte.</summary>
    [JsonStringEnumMemberName("bytes")]
    Bytes,

    /// <summary>Lossless sources decode to the same samples.</summary>
    [JsonStringEnumMemberName("samples")]
    Samples,

    /// <summary>The fingerprints agree from beginning to end.</summary>
    [JsonStringEnumMemberName("fingerprint")]
    Fingerprint,
}

/// <summary>The names of <see cref="SameAudioBy"/>, as the ledger and <c>lacquer.toml</c> write them.</summary>
public static class SameAudioNames
{
    private static readonly string[] Names = ["bytes", "samples", "fingerprint"];

    /// <summary>Every name there is.</summary>
    public static IReadOnlyList<string> Known => Names;

    /// <summary>The name.</summary>
    public static string Of(SameAudioBy by) => Names[(int)by];

    /// <summary>What has this name.</summary>
    public static bool TryParse(string name, out SameAudioBy by)
    {
        by = (SameAudioBy)Array.IndexOf(Names, name);
        return by >= 0;
    }
}

/// <summary>Two recordings whose audio is the same: probably one recording.</summary>
/// <param name="Recording">The one that was met later.</param>
/// <param name="Other">The one whose audio was there; never itself the first of another row.</param>
/// <param name="By">What tells so.</param>
/// <param name="Score">1 where all agrees; of fingerprints, see <see cref="Fingerprints.FingerprintMatch.Score"/>.</param>
/// <param name="Apart">"" where one object is held for both; else why each has its own.</param>
/// <param name="Original">SHA-256 of the file that the first one's object was made of, which is held no more; null where each has its own.</param>
public sealed record SameAudioRow(EntityId Recording, EntityId Other, SameAudioBy By, double Score, string Apart, Sha256Digest? Original);
