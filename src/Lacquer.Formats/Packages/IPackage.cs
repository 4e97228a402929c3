using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Formats.Packages;

/// <summary>A folder of objects with what is known of them, in a form that preservation systems take in. Filled once, in any folder that is empty; whoever fills it flushes and names it.</summary>
public interface IPackage
{
    /// <summary>Adds a recording.</summary>
    /// <param name="recording">Its id.</param>
    /// <param name="obj">Its object.</param>
    /// <param name="record">What is known of it, as JSON.</param>
    /// <param name="audio">The object's bytes; read once, and not at all where the package has them already.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="LacquerException">The bytes are not the object's; nothing of the recording is then in the package.</exception>
    Task AddAsync(EntityId recording, ObjectRow obj, byte[] record, Func<CancellationToken, Task<Stream>> audio, CancellationToken cancel);

    /// <summary>Writes what speaks of the whole.</summary>
    void Finish();
}
