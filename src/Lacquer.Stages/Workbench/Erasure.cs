using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench;

/// <summary>Deletes audio that was withdrawn. The ledger forgets it first; a note in the work folder names what may still lie in the store, so that the next run deletes what a killed one left.</summary>
internal static class Erasure
{
    private const string NotePrefix = "erase-";

    /// <summary>Deletes what may go: what stands in no volume, and is of no recording that is not withdrawn.</summary>
    public static async Task RunAsync(OpenArchive archive, IObjectStore objects, CancellationToken stop)
    {
        var work = archive.Layout.Work;
        Directory.CreateDirectory(work);
        foreach (var note in Directory.EnumerateFiles(work, NotePrefix + "*").ToList())
        {
            if (ObjectName.TryParse(Path.GetFileName(note)[NotePrefix.Length..], out var left) && archive.Ledger.Object(left.Root) is null)
                await objects.DeleteAsync(left, stop).ConfigureAwait(false);
            File.Delete(note);
        }

        foreach (var (recording, obj) in archive.Ledger.ToErase())
        {
            var name = ObjectName.Of(obj);
            var note = Path.Combine(work, NotePrefix + name.FileName);
            await File.WriteAllBytesAsync(note, [], stop).ConfigureAwait(false);
            if (archive.Ledger.Erased(recording, obj))
                await objects.DeleteAsync(name, stop).ConfigureAwait(false);
            File.Delete(note);
        }
    }
}
