using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Reads one kind of source. All that is particular to it stands in one file: what the command line says of it, how its records are taken, what a record says of music, and which audio is behind it.
/// docs/guide/adapters.md shows a small one whole. <see cref="AdapterList"/> names them all.
/// </summary>
public abstract class Adapter
{
    /// <summary>The word after <c>harvest</c>, in the accession with its version: <c>discogs</c>, <c>discogs/1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Name and version of the shape of its records.</summary>
    public virtual string Format => $"{Name}/1";

    /// <summary>What it does, in a sentence or two, for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>What its location is.</summary>
    public abstract string LocationHelp { get; }

    /// <summary>Whole command lines.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>Its options, beside those that every harvest has.</summary>
    public virtual IReadOnlyList<AdapterOption> Options => [];

    /// <summary>
    /// Whether what earlier accessions of the source hold is not taken again where it is the same: for sources that are asked record by record. 16 bytes of each record are then in memory. Dumps are whole
    /// each time, and are told apart by their files' hashes.
    /// </summary>
    public virtual bool TakesChangesOnly => true;

    /// <summary>
    /// Reads from a record when the source changed it last, in seconds since 1970, 0 where it does not say; null for sources whose records are told by their bytes. A record that was changed when the one
    /// before it was is the same, whatever else is in it: for answers that are never twice the same though nothing has changed.
    /// </summary>
    public virtual Func<JsonElement, long>? ChangedAt => null;

    /// <summary>What is to be printed instead of a harvest, where the options ask for that; otherwise null.</summary>
    /// <exception cref="LacquerException">The location cannot be read.</exception>
    public virtual Task<string?> AnswerAsync(AdapterRequest request, CancellationToken cancel) => Task.FromResult<string?>(null);

    /// <summary>Looks at the location before anything is written.</summary>
    /// <exception cref="LacquerException">It is not what this adapter reads, or an option is missing.</exception>
    public virtual Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel) => Task.FromResult(new HarvestSubject(Name));

    /// <summary>Takes all records of the source. After a kill it is called again, with the cursor that was saved last; what it then adds a second time is passed over.</summary>
    public abstract Task TakeAsync(HarvestRun run, CancellationToken cancel);

    /// <summary>What a record says of music; null where it says nothing that a catalogue takes up. Called by several threads.</summary>
    /// <exception cref="FormatException">It is no record; the message says why. As do <see cref="JsonException"/>, <see cref="KeyNotFoundException"/> and <see cref="InvalidOperationException"/>.</exception>
    public abstract SourceDocument? Describe(string key, JsonElement record);

    /// <summary>The audio behind a record that can be fetched. Called by several threads.</summary>
    public virtual IEnumerable<SourceFile> Files(string key, JsonElement record) => [];

    /// <summary>How a source is asked over the network.</summary>
    /// <param name="configuration">What <c>lacquer.toml</c> says.</param>
    /// <param name="location">Where the source is.</param>
    /// <exception cref="LacquerException">Something that it takes is not said there.</exception>
    public virtual FetchPolicy PolicyFor(ArchiveConfiguration configuration, string location) => FetchPolicy.Of(configuration);

    /// <summary>Makes ready to fetch files: what it gives tells how each is asked for, and puts credentials in. Called once by a run, before the first.</summary>
    /// <exception cref="LacquerException">The source does not answer, or gives no files to this account.</exception>
    public virtual Task<Func<SourceFile, FetchRequest>> OpenFilesAsync(SourceAccess access, CancellationToken cancel) => Task.FromResult<Func<SourceFile, FetchRequest>>(file =>
        new FetchRequest(Uri.TryCreate(file.Location, UriKind.Absolute, out var address) ? address : throw new LacquerException(Failure.Untrusted, "its record has no address for it", "it is not taken"), AddressKind.Api));

    /// <summary>The adapter as it reads an accession with these settings.</summary>
    /// <exception cref="FormatException">They are not what it writes.</exception>
    public virtual Adapter Reading(string settings) => this;
}

/// <summary>An option of an adapter.</summary>
/// <param name="Name">With its two hyphens.</param>
/// <param name="Description">For the help.</param>
/// <param name="HelpName">What its value is called; null for one without a value.</param>
public sealed record AdapterOption(string Name, string Description, string? HelpName);

/// <summary>What to harvest.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Location">The source, as the adapter understands it; a path is absolute or relative to <paramref name="Folder"/>.</param>
/// <param name="Folder">The folder that paths are relative to.</param>
/// <param name="Source">The source's name, <c>[a-z0-9.-]</c>; null: the adapter's own choice.</param>
/// <param name="Options">Values of options by their names; of one without a value, "".</param>
/// <param name="Variable">Looks up an environment variable.</param>
public sealed record AdapterRequest(string Archive, string Location, string Folder, string? Source, IReadOnlyDictionary<string, string> Options, Func<string, string?> Variable)
{
    /// <summary>An option's value, or null.</summary>
    public string? Option(string name) => Options.GetValueOrDefault(name);

    /// <summary>The location as a path.</summary>
    public string Path => System.IO.Path.GetFullPath(Location, Folder);
}

/// <summary>What an adapter found at a location.</summary>
/// <param name="Source">The source's name where none was given; letters that cannot stand in one become hyphens.</param>
public sealed record HarvestSubject(string Source)
{
    /// <summary>The files that the accession will be taken from, for sources that are files named by their hashes.</summary>
    public IReadOnlyList<AccessionOrigin> Origins { get; init; } = [];

    /// <summary>What reading the records needs to know beside them; stands in the accession's first line.</summary>
    public string Settings { get; init; } = "";

    /// <summary>What there is to be taken, in one line for <c>--dry-run</c>; "" where nothing can be said.</summary>
    public string Note { get; init; } = "";
}
