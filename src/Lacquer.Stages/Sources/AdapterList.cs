namespace Lacquer.Stages.Sources;

/// <summary>All adapters that are made of <see cref="Adapter"/>. A new one is added here.</summary>
public static class AdapterList
{
    /// <summary>Them all, in the order of the help.</summary>
    public static IReadOnlyList<Adapter> All { get; } =
        [new DiscogsAdapter(), new InternetArchiveAdapter(), new JamendoAdapter(), new SubsonicAdapter(), new TableAdapter(), new ListenBrainzAdapter(), new ListenBrainzPopularityAdapter()];

    // Harvested by another command.
    private static readonly SameAudioAdapter SameAudio = new();

    /// <summary>The adapter of an accession, or null.</summary>
    public static Adapter? Of(string format) => format == SameAudio.Format ? SameAudio : All.FirstOrDefault(a => a.Format == format);
}
